import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../api/problem.ts';
import { ProblemAlert } from '../components/ProblemAlert.tsx';
import { useServices } from '../flow/context.ts';

/** Loading the job that the URL names. */
export function OpeningView({ id }: { id: string }) {
  const { t } = useTranslation();
  const { queries } = useServices();
  const { error } = useQuery({ ...queries.job(id), enabled: false });
  return (
    <div className="narrow">
      <h1>{t('opening.title')}</h1>
      {error ? <ProblemAlert problem={asProblem(error)} /> : <div className="waiting" aria-hidden="true" />}
    </div>
  );
}
