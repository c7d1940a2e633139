import { Page } from '../../components/page.tsx';

export default function NamesPage() {
  return <Page title="Names">.</Page>;
}
