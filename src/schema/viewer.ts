// The query `viewer`: who asks.

import { type Identity, isAnonymous } from '../access/identity.ts';
import { builder } from './builder.ts';

const RoleRef = builder.enumType('Role', {
  description: 'What a token allows. Each role may do what those before it may.',
  values: {
    READER: { value: 'reader', description: 'Queries, subscriptions and downloads.' },
    WRITER: { value: 'writer', description: 'Also imports, and changes of products and import profiles.' },
    ADMIN: { value: 'admin', description: 'Also data sources.' },
  },
});

const ViewerRef = builder.objectRef<Identity>('Viewer').implement({
  description: 'Who sends the request.',
  fields: (t) => ({
    name: t.string({
      nullable: true,
      description: 'The name of the token. Null if the server asks for none: access is open.',
      resolve: (identity) => (isAnonymous(identity) ? null : identity.name),
    }),
    role: t.field({
      type: RoleRef,
      description: 'What they may do. When access is open, everything.',
      resolve: ({ role }) => role ?? 'reader',
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    authScopes: { reader: true },
    description: 'Returns who sends the request, by their token.',
    resolve: (_root, _args, { identity }) => identity,
  }),
);
