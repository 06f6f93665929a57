import { useTranslation } from 'react-i18next';
import { useDispatch } from '../flow/context.ts';

/** Files of the repository's samples folder, with their sizes to prevent layout shifts. */
const SAMPLES = [
  { name: 'cat', file: 'cat.jpg', width: 320, height: 213 },
  { name: 'coffee', file: 'coffee.webp', width: 300, height: 200 },
  { name: 'astronaut', file: 'astronaut.png', width: 192, height: 192 },
] as const;

/** Sample images; a chosen sample is handled like any other file. */
export function Samples() {
  const { t } = useTranslation();
  const dispatch = useDispatch();
  const choose = async (file: string) => {
    try {
      const answer = await fetch(`/samples/${file}`);
      if (!answer.ok) throw new Error(String(answer.status));
      dispatch({ type: 'fileChosen', file: new File([await answer.blob()], file) });
    } catch {
      dispatch({ type: 'sampleFailed', rejection: { reason: 'unreachable', name: file } });
    }
  };
  return (
    <section className="samples" aria-labelledby="samples-title">
      <h2 id="samples-title">{t('start.samples')}</h2>
      <div className="samples-row">
        {SAMPLES.map(({ name, file, width, height }) => (
          <button
            key={name}
            type="button"
            className="sample"
            aria-label={t('start.sample', { name: t(`start.sampleNames.${name}`) })}
            onClick={() => void choose(file)}
          >
            <img src={`/samples/${file}`} alt="" width={width} height={height} />
          </button>
        ))}
      </div>
    </section>
  );
}
