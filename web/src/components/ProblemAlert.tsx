import { useTranslation } from 'react-i18next';
import type { Problem } from '../api/problem.ts';
import { explain } from '../i18n/explain.ts';
import { useFormat } from '../i18n/format.ts';
import { Alert } from './Alert.tsx';

/** Explains a problem: what failed, the limit and the actual value, what to do next, and details for support. */
export function ProblemAlert({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { title, text, next } = explain(problem, t, format, new Date());
  return (
    <Alert title={title}>
      {text && <p>{text}</p>}
      <p>{next}</p>
      <details className="small-details">
        <summary>{t('problem.details')}</summary>
        <dl className="pairs">
          <dt>{t('problem.type')}</dt>
          <dd>{problem.kind}</dd>
          {problem.status > 0 && (
            <>
              <dt>{t('problem.status')}</dt>
              <dd>{problem.status}</dd>
            </>
          )}
          {problem.message && problem.message !== text && (
            <>
              <dt>{t('problem.serverMessage')}</dt>
              <dd>{problem.message}</dd>
            </>
          )}
          {problem.requestId && (
            <>
              <dt>{t('problem.requestId')}</dt>
              <dd>
                <code>{problem.requestId}</code>
              </dd>
            </>
          )}
        </dl>
      </details>
    </Alert>
  );
}
