import { Page } from '../../components/page.tsx';

export default function ImportPage() {
  return <Page title="Import">.</Page>;
}
