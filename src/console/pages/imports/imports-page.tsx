import { Page } from '../../components/page.tsx';

export default function ImportsPage() {
  return <Page title="Imports">.</Page>;
}
