// The routes of the console. The code of each page is loaded when it is first shown.

import { Suspense } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { ErrorBoundary } from '../components/layout/error-boundary.tsx';
import { Loading } from '../components/layout/loading.tsx';
import { lazyComponent } from '../utils/lazy-component.ts';
import { NotFoundPage } from './not-found-page.tsx';

const ImportPage = lazyComponent(() => import('./import/import-page.tsx'));
const ImportsPage = lazyComponent(() => import('./imports/imports-page.tsx'));
const ImportDetailPage = lazyComponent(() => import('./imports/import-detail-page.tsx'));
const SourcesPage = lazyComponent(() => import('./sources/list/sources-page.tsx'));
const NewSourcePage = lazyComponent(() => import('./sources/form/new-source-page.tsx'));
const SourcePage = lazyComponent(() => import('./sources/detail/source-page.tsx'));
const EditSourcePage = lazyComponent(() => import('./sources/form/edit-source-page.tsx'));
const ProductsPage = lazyComponent(() => import('./products/list/products-page.tsx'));
const NewProductPage = lazyComponent(() => import('./products/new/new-product-page.tsx'));
const ProductPage = lazyComponent(() => import('./products/detail/product-page.tsx'));
const NamesPage = lazyComponent(() => import('./names/names-page.tsx'));
const SignInPage = lazyComponent(() => import('./sign-in-page.tsx'));

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
          <Route path="/sign-in">
            <SignInPage />
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
