import { Page } from '../../components/page.tsx';

export default function ProductsPage() {
  return <Page title="Products">.</Page>;
}
