import type { Api } from '../api/client.ts';
import { Problem } from '../api/problem.ts';
import type { put } from '../api/uploadFile.ts';
import type { Job, Params, Upload } from '../api/types.ts';
import type { Original } from '../image/read.ts';
import { freshKey } from '../api/idempotencyKey.ts';

type Ticket = { upload: Upload; stored: boolean };
type Watcher = { onSent: (share: number) => void; onStored: () => void; signal: AbortSignal };
export type ModelAndParams = { model: string; params: Params };

const TRIES = 3;
const MARGIN = 30_000;

/** Sends originals and makes jobs of them. What was sent stays sent: a second try goes on where the first one broke. */
export class Sender {
  private readonly tickets = new WeakMap<File, Ticket>();

  constructor(
    private readonly api: Pick<Api, 'requestUpload' | 'createJob' | 'job'>,
    private readonly upload: typeof put,
    private readonly pause: (milliseconds: number) => Promise<void>,
  ) {}

  async send(original: Original, modelAndParams: ModelAndParams, { onSent, onStored, signal }: Watcher): Promise<Job> {
    const { file, name, type } = original;
    const ticket = this.usable(file) ?? {
      upload: await this.api.requestUpload({ name, type, size: file.size }, signal),
      stored: false,
    };
    this.tickets.set(file, ticket);
    if (!ticket.stored) await this.upload(ticket.upload, file, onSent, signal);
    ticket.stored = true;
    onStored();
    try {
      return await this.create(ticket.upload.uploadId, name, modelAndParams);
    } catch (error) {
      if (!(error instanceof Problem) || !isWorthKeeping(error)) this.tickets.delete(file);
      throw error;
    }
  }

  /** The same key each time: a job whose answer was lost is told again and not made again. */
  private async create(uploadId: string, filename: string, modelAndParams: ModelAndParams): Promise<Job> {
    const key = freshKey();
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

  private usable(file: File): Ticket | null {
    const ticket = this.tickets.get(file);
    return ticket && Date.parse(ticket.upload.expiresAt) - MARGIN > Date.now() ? ticket : null;
  }
}

/** After these the uploaded picture is still there; a picture that was refused is not. */
function isWorthKeeping({ kind }: Problem): boolean {
  return ['unreachable', 'rate_limited', 'quota_exceeded', 'service_unavailable'].includes(kind);
}
