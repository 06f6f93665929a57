import type { Api } from '../api/client.ts';
import { newIdempotencyKey } from '../api/idempotencyKey.ts';
import { Problem } from '../api/problem.ts';
import type { Job, ModelAndParams, Upload } from '../api/types.ts';
import type { put } from '../api/uploadFile.ts';
import type { Original } from '../image/read.ts';

type PendingUpload = { upload: Upload; stored: boolean };
type SubmitCallbacks = { onProgress: (share: number) => void; onUploaded: () => void; signal: AbortSignal };

const TRIES = 3;
const MARGIN = 30_000;

/** Sends originals and makes jobs of them. What was sent stays sent: a second try goes on where the first one broke. */
export class JobSubmitter {
  private readonly pendingUploads = new WeakMap<File, PendingUpload>();

  constructor(
    private readonly api: Pick<Api, 'requestUpload' | 'createJob' | 'job'>,
    private readonly upload: typeof put,
    private readonly pause: (milliseconds: number) => Promise<void>,
  ) {}

  async send(original: Original, modelAndParams: ModelAndParams, { onProgress, onUploaded, signal }: SubmitCallbacks): Promise<Job> {
    const { file, name, type } = original;
    const pending = this.usable(file) ?? {
      upload: await this.api.requestUpload({ name, type, size: file.size }, signal),
      stored: false,
    };
    this.pendingUploads.set(file, pending);
    if (!pending.stored) await this.upload(pending.upload, file, onProgress, signal);
    pending.stored = true;
    onUploaded();
    try {
      return await this.create(pending.upload.uploadId, name, modelAndParams);
    } catch (error) {
      if (!(error instanceof Problem) || !isWorthKeeping(error)) this.pendingUploads.delete(file);
      throw error;
    }
  }

  /** The same key each time: a job whose answer was lost is told again and not made again. */
  private async create(uploadId: string, filename: string, modelAndParams: ModelAndParams): Promise<Job> {
    const key = newIdempotencyKey();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await this.api.createJob({ uploadId, filename, ...modelAndParams }, key)).data;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        // The upload's id is its job's: an earlier try made it.
        if (error.kind === 'conflict') return (await this.api.job(uploadId)).data;
        if (error.kind !== 'unreachable' || attempt === TRIES) throw error;
        await this.pause(attempt * 1000);
      }
    }
  }

  private usable(file: File): PendingUpload | null {
    const pending = this.pendingUploads.get(file);
    return pending && Date.parse(pending.upload.expiresAt) - MARGIN > Date.now() ? pending : null;
  }
}

/** After these the uploaded image is still there; an image that was refused is not. */
function isWorthKeeping({ kind }: Problem): boolean {
  return ['unreachable', 'rate_limited', 'quota_exceeded', 'service_unavailable'].includes(kind);
}
