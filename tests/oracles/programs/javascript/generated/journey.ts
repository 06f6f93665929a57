// What both clients in TypeScript are asked and tell.
import { Webhook } from 'standardwebhooks';

export interface Asked {
  url: string;
  token: string;
  image: Uint8Array<ArrayBuffer>;
  secret: string;
}

/** A request as it was sent: its method with the path of the description, the body's media type, what came back. */
export interface Call {
  operation: string;
  body: string | null;
  status: number;
}

export interface Told {
  calls: Call[];
  image: string;
  listed: number;
}

export const MODEL = 'nightmareai/real-esrgan';

export function call(path: string, request: Request, response: Response): Call {
  const body = request.headers.get('content-type')?.split(';')[0] ?? null;
  return { operation: `${request.method} ${path}`, body, status: response.status };
}

export function file(asked: Asked): File {
  return new File([asked.image], 'cat.jpg', { type: 'image/jpeg' });
}

/** The key in the path of an image. */
export function key(path: string | null): string {
  if (!path) throw new Error('there is no image');
  return path.replace('/r2-ai/', '');
}

/** The token in the address of a share link. */
export function share(url: string): string {
  return new URL(url).searchParams.get('share') ?? '';
}

/** Asks until an answer is right. */
export async function until<T>(ask: () => Promise<T>, right: (answer: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 120; tries++) {
    const answer = await ask();
    if (right(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('it took too long');
}

/** A delivery of the provider about a run that no job has. */
export function delivery(asked: Asked) {
  const body = { id: 'another', status: 'succeeded' };
  const now = new Date();
  const signature = new Webhook(asked.secret).sign('msg_1', now, JSON.stringify(body));
  return { body, id: 'msg_1', timestamp: String(Math.floor(now.getTime() / 1000)), signature };
}
