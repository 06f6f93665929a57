import { Problem } from './problem.ts';
import type { Upload } from './types.ts';

/**
 * Uploads a file to the bucket with a presigned URL; `onProgress` receives a fraction from 0 to 1. XMLHttpRequest,
 * because fetch reports no upload progress. A repeated upload gets 412: the file is already stored.
 */
export function putFile(upload: Upload, file: Blob, onProgress: (fraction: number) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(upload.method, upload.url);
    for (const [name, value] of Object.entries(upload.headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onload = () => (isStored(request.status) ? resolve() : reject(rejection(request.status)));
    request.onerror = () => reject(new Problem({ kind: 'unreachable' }));
    request.onabort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}

export function isStored(status: number): boolean {
  return (status >= 200 && status < 300) || status === 412;
}

function rejection(status: number): Problem {
  return new Problem({ kind: status >= 500 ? 'service_unavailable' : 'upload_refused', status });
}
