// The context of resolvers: the services of the application, and facts about the request.

import type { Identity } from '../access/identity.ts';
import type { ProductCountFeed } from '../db/catalogue/counts/count-feed.ts';
import type { ProductCountStore } from '../db/catalogue/counts/count-store.ts';
import type { ProductChangeStore } from '../db/catalogue/history/product-change-store.ts';
import type { ProductBatchStore } from '../db/catalogue/products/product-batch-store.ts';
import type { ProductStore } from '../db/catalogue/products/product-store.ts';
import type { ImportList } from '../db/imports/import-list.ts';
import type { ImportPreviewStore } from '../db/imports/import-preview-store.ts';
import type { ImportStore } from '../db/imports/import-store.ts';
import type { RowCorrectionStore } from '../db/imports/row-correction-store.ts';
import type { RowIssueStore } from '../db/imports/row-issue-store.ts';
import type { DataSourceStore } from '../db/sources/data-source-store.ts';
import type { ImportProfileStore } from '../db/sources/import-profile-store.ts';
import type { CatalogueExports } from '../exports/catalogue-exports.ts';
import type { ImportService } from '../ingest/import-service.ts';
import type { InspectFile } from '../ingest/inspect-file.ts';
import type { ProgressFeed } from '../ingest/progress/progress-feed.ts';
import type { UndoPreviews } from '../ingest/requests/undo-previews.ts';
import type { SourceFeed } from '../sources/source-feed.ts';

type ProductWrites = 'create' | 'update' | 'delete';
type ProfileWrites = 'save' | 'delete';
type DataSourceWrites =
  | 'add'
  | 'update'
  | 'remove'
  | 'setPaused'
  | 'checkNow'
  | 'confirmDeletion'
  | 'onWritten';

/** What reads has a time limit for each statement; what edits has none, as it may have to wait for a merge. */
export interface Services {
  imports: ImportService;
  undoPreviews: UndoPreviews;
  inspectFile: InspectFile;
  profiles: Omit<ImportProfileStore, ProfileWrites>;
  profileEdits: Pick<ImportProfileStore, ProfileWrites>;
  importStore: Pick<ImportStore, 'get' | 'getMany' | 'undosOf' | 'byNumbers'>;
  importList: ImportList;
  importPreviews: ImportPreviewStore;
  rowIssues: RowIssueStore;
  rowCorrections: RowCorrectionStore;
  progress: ProgressFeed;
  products: Omit<ProductStore, ProductWrites>;
  productEdits: Pick<ProductStore, ProductWrites>;
  productBatches: ProductBatchStore;
  productChanges: ProductChangeStore;
  productCounts: ProductCountStore;
  countFeed: ProductCountFeed;
  exports: CatalogueExports;
  dataSources: Omit<DataSourceStore, DataSourceWrites>;
  dataSourceEdits: Pick<DataSourceStore, DataSourceWrites>;
  sourceFeed: SourceFeed;
  /** Whether data sources may have private addresses. */
  allowPrivateSources: boolean;
}

export interface Context {
  services: Services;
  /** The origin of this server as the client used it, such as http://127.0.0.1:4000 */
  baseUrl: string;
  /** Who asks. */
  identity: Identity;
  /** Aborts when the client disconnects. */
  signal?: AbortSignal;
}
