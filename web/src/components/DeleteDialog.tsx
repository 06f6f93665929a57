import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { toast } from 'sonner';
import { asProblem } from '../api/problem.ts';
import { useDispatch, useServices } from '../flow/context.ts';
import { Modal } from './Modal.tsx';
import { ProblemAlert } from './ProblemAlert.tsx';

type DeleteDialogProps = { id: string; shown: boolean; onClose: () => void; onDeleted?: () => void };

/** Asks for confirmation, then deletes a job and its images. `shown`: the job is in the view, which is then left. */
export function DeleteDialog({ id, shown, onClose, onDeleted }: DeleteDialogProps) {
  const { t } = useTranslation();
  const { api, queries } = useServices();
  const client = useQueryClient();
  const dispatch = useDispatch();
  const remove = useMutation({
    mutationFn: () => api.deleteJob(id),
    onSuccess: async () => {
      onClose();
      if (shown) dispatch({ type: 'reset' });
      client.removeQueries({ queryKey: queries.job(id).queryKey });
      toast.success(t('delete.done'));
      await client.invalidateQueries({ queryKey: queries.history.queryKey });
      onDeleted?.();
    },
  });
  return (
    <Modal className="modal" title={t('delete.title')} onClose={onClose}>
      <p>{t('delete.text')}</p>
      <div className="actions">
        <button type="button" className="button danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
          {t('delete.confirm')}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {t('delete.keep')}
        </button>
      </div>
      {remove.isError && <ProblemAlert problem={asProblem(remove.error)} />}
    </Modal>
  );
}
