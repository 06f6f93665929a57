/** The side effects of each state: reading the file, polling the job, decoding the images. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { isUnavailable } from '../api/polling.ts';
import { Problem } from '../api/problem.ts';
import { hasEnded } from '../api/types.ts';
import { decodedSize, readOriginal } from '../image/read.ts';
import { useServices } from './context.ts';
import type { Flow, FlowEvent } from './machine.ts';

type Dispatch = (event: FlowEvent) => void;

export function useReadFile(flow: Flow, dispatch: Dispatch): void {
  const { queries } = useServices();
  const client = useQueryClient();
  const file = flow.at === 'reading' ? flow.file : null;
  useEffect(() => {
    if (!file) return;
    void (async () => {
      // If the limit is unknown, the server still enforces it.
      const usage = await client.ensureQueryData(queries.usage).catch(() => null);
      const read = await readOriginal(file, usage?.limits.maxBytes ?? null);
      dispatch(
        'reason' in read
          ? { type: 'fileRejected', file, rejection: read }
          : { type: 'fileRead', file, original: read },
      );
    })();
  }, [file, client, queries, dispatch]);
}

/** Revokes an original's object URL when no state uses it any longer. */
export function useReleaseObjectUrl(flow: Flow): void {
  const url = 'original' in flow ? flow.original?.url : undefined;
  useEffect(() => (url ? () => URL.revokeObjectURL(url) : undefined), [url]);
}

export function useJobPolling(flow: Flow, dispatch: Dispatch): void {
  const { queries } = useServices();
  const client = useQueryClient();
  const id = flow.at === 'opening' ? flow.id : flow.at === 'running' ? flow.job.id : null;
  const { data, error } = useQuery({ ...queries.job(id ?? ''), enabled: id !== null });
  useEffect(() => {
    if (!id || !data) return;
    dispatch({ type: 'jobUpdated', job: data.data });
    if (hasEnded(data.data)) {
      void client.invalidateQueries({ queryKey: queries.usage.queryKey });
      void client.invalidateQueries({ queryKey: queries.history.queryKey });
    }
  }, [id, data, dispatch, client, queries]);
  useEffect(() => {
    if (id && error instanceof Problem && isUnavailable(error)) dispatch({ type: 'jobUnavailable', id });
  }, [id, error, dispatch]);
}

/** Decodes original and result before the result is shown, so that nothing flickers or moves. */
export function useDecodeResult(flow: Flow, dispatch: Dispatch): void {
  const job = flow.at === 'decoding' ? flow.job : null;
  useEffect(() => {
    if (!job) return;
    void (async () => {
      const shown = job.previewUrl ?? job.imageUrl;
      const [result, originalSize] = await Promise.all([
        shown ? decodedSize(shown, true) : null,
        job.originalUrl ? decodedSize(job.originalUrl, true) : null,
      ]);
      dispatch({ type: 'imagesDecoded', id: job.id, originalSize, decoded: result !== null });
    })();
  }, [job, dispatch]);
}
