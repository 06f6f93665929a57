import type { Api } from '../api/client.ts';
import { newIdempotencyKey } from '../api/idempotencyKey.ts';
import { Problem } from '../api/problem.ts';
import type { Job, ModelAndParams, Upload } from '../api/types.ts';
import type { putFile } from '../api/uploadFile.ts';
import type { Original } from '../image/read.ts';

type PendingUpload = { upload: Upload; uploaded: boolean };
type SubmitCallbacks = { onProgress: (fraction: number) => void; onUploaded: () => void; signal: AbortSignal };

const MAX_ATTEMPTS = 3;
/** Milliseconds before its expiry at which an upload is no longer used. */
const EXPIRY_MARGIN = 30_000;

/** Uploads originals and creates their jobs. A retry resumes at the step that failed, so no file is uploaded twice. */
export class JobSubmitter {
  private readonly pendingUploads = new WeakMap<File, PendingUpload>();

  constructor(
    private readonly api: Pick<Api, 'requestUpload' | 'createJob' | 'job'>,
    private readonly upload: typeof putFile,
    private readonly pause: (milliseconds: number) => Promise<void>,
  ) {}

  async send(original: Original, modelAndParams: ModelAndParams, { onProgress, onUploaded, signal }: SubmitCallbacks): Promise<Job> {
    const { file, name, type } = original;
    const pending = this.usableUpload(file) ?? {
      upload: await this.api.requestUpload({ name, type, size: file.size }, signal),
      uploaded: false,
    };
    this.pendingUploads.set(file, pending);
    if (!pending.uploaded) await this.upload(pending.upload, file, onProgress, signal);
    pending.uploaded = true;
    onUploaded();
    try {
      return await this.create(pending.upload.uploadId, name, modelAndParams);
    } catch (error) {
      if (!(error instanceof Problem) || !keepsUpload(error)) this.pendingUploads.delete(file);
      throw error;
    }
  }

  /** Retries with the same Idempotency-Key: if a response was lost, the server repeats it and creates no second job. */
  private async create(uploadId: string, filename: string, modelAndParams: ModelAndParams): Promise<Job> {
    const key = newIdempotencyKey();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await this.api.createJob({ uploadId, filename, ...modelAndParams }, key)).data;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        // The job has the upload's id, so an earlier attempt created it.
        if (error.kind === 'conflict') return (await this.api.job(uploadId)).data;
        if (error.kind !== 'unreachable' || attempt === MAX_ATTEMPTS) throw error;
        await this.pause(attempt * 1000);
      }
    }
  }

  private usableUpload(file: File): PendingUpload | null {
    const pending = this.pendingUploads.get(file);
    return pending && Date.parse(pending.upload.expiresAt) - EXPIRY_MARGIN > Date.now() ? pending : null;
  }
}

/** Whether the uploaded file can still be used after this problem. */
function keepsUpload({ kind }: Problem): boolean {
  return ['unreachable', 'rate_limited', 'quota_exceeded', 'service_unavailable'].includes(kind);
}
