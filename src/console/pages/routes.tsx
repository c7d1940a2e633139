// The routes of the console. The code of each page is loaded when it is first shown.

import { lazy, Suspense } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { ErrorBoundary } from '../components/layout/error-boundary.tsx';
import { Loading } from '../components/layout/loading.tsx';
import { NotFoundPage } from './not-found-page.tsx';

const ImportPage = lazy(() => import('./import/import-page.tsx'));
const ImportsPage = lazy(() => import('./imports/imports-page.tsx'));
const ImportDetailPage = lazy(() => import('./imports/import-detail-page.tsx'));
const SourcesPage = lazy(() => import('./sources/list/sources-page.tsx'));
const NewSourcePage = lazy(() => import('./sources/form/new-source-page.tsx'));
const SourcePage = lazy(() => import('./sources/detail/source-page.tsx'));
const EditSourcePage = lazy(() => import('./sources/form/edit-source-page.tsx'));
const ProductsPage = lazy(() => import('./products/products-page.tsx'));
const NewProductPage = lazy(() => import('./products/new-product-page.tsx'));
const ProductPage = lazy(() => import('./products/product-page.tsx'));
const NamesPage = lazy(() => import('./names/names-page.tsx'));

export function Routes() {
  const [path] = useLocation();
  return (
    <ErrorBoundary key={path}>
      <Suspense fallback={<Loading what="the page" />}>
        <Switch>
          <Route path="/">
            <ImportPage />
          </Route>
          <Route path="/imports">
            <ImportsPage />
          </Route>
          <Route path="/imports/:id">{({ id }) => <ImportDetailPage key={id} id={id} />}</Route>
          <Route path="/sources">
            <SourcesPage />
          </Route>
          <Route path="/sources/new">
            <NewSourcePage />
          </Route>
          <Route path="/sources/:id">{({ id }) => <SourcePage key={id} id={id} />}</Route>
          <Route path="/sources/:id/edit">{({ id }) => <EditSourcePage key={id} id={id} />}</Route>
          <Route path="/products">
            <ProductsPage />
          </Route>
          <Route path="/products/new">
            <NewProductPage />
          </Route>
          <Route path="/products/edit">
            <ProductPage />
          </Route>
          <Route path="/names">
            <NamesPage />
          </Route>
          <Route>
            <NotFoundPage />
          </Route>
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
}
