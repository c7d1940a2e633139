import { Page } from '../../components/page.tsx';

export default function ImportDetailPage({ id }: { id: string }) {
  return <Page title="Import">{id}</Page>;
}
