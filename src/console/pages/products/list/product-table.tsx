// A table of products, one of which may be open for editing. On narrow screens, each row becomes a block.

import { Anchor, Button, Checkbox, Table, Text } from '@mantine/core';
import { Fragment, useEffect, useRef } from 'react';
import { Link } from 'wouter';
import { Time } from '../../../components/display/time.tsx';
import { useMay } from '../../../hooks/use-session.ts';
import { useLeaveGuard } from '../../../leaving/guard-context.ts';
import { productPath, productsWithNamePath } from '../../../utils/product-paths.ts';
import { ProductEditor } from '../detail/product-editor.tsx';
import type { Product } from '../documents.ts';
import type { ProductSelection } from './many/use-selection.ts';
import classes from './product-table.module.css';

interface ProductTableProps {
  products: readonly Product[];
  selection: ProductSelection;
  editing: Product | undefined;
  onEdit(product: Product | undefined): void;
  /** The product that was being edited has been deleted. */
  onDeleted(): void;
}

export function ProductTable({ products, selection, editing, onEdit, onDeleted }: ProductTableProps) {
  const guard = useLeaveGuard();
  const mayEdit = useMay('WRITER');
  const selected = products.filter(({ sku }) => selection.has(sku)).length;
  const place = usePlaceOf(products, editing);
  return (
    <Table className={classes['table'] ?? ''} verticalSpacing={6} highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>
            <Checkbox
              size="xs"
              aria-label="Select all on this page"
              disabled={!mayEdit}
              checked={products.length > 0 && selected === products.length}
              indeterminate={selected > 0 && selected < products.length}
              onChange={({ currentTarget }) => selection.set(products, currentTarget.checked)}
            />
          </Table.Th>
          <Table.Th>SKU</Table.Th>
          <Table.Th>Name</Table.Th>
          <Table.Th>Description</Table.Th>
          <Table.Th className={classes['time'] ?? ''}>Updated</Table.Th>
          <Table.Th>
            <span className={classes['unseen']}>Actions</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {withEdited(products, editing, place).map((product) => (
          <Fragment key={product.sku}>
            <ProductRow
              product={product}
              isSelected={selection.has(product.sku)}
              onSelect={(isSelected) => selection.set([product], isSelected)}
              isOpen={product.sku === editing?.sku}
              onToggle={() => guard.leave(() => onEdit(product.sku === editing?.sku ? undefined : product))}
            />
            {editing && product.sku === editing.sku && (
              <Table.Tr className={classes['editor'] ?? ''}>
                <Table.Td colSpan={6}>
                  <ProductEditor
                    product={editing}
                    autoFocus
                    onClose={() => onEdit(undefined)}
                    onDeleted={onDeleted}
                  />
                </Table.Td>
              </Table.Tr>
            )}
          </Fragment>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** Keeps the product that is being edited in its place, even if the list no longer contains it. */
function withEdited(
  products: readonly Product[],
  editing: Product | undefined,
  place: number,
): readonly Product[] {
  if (!editing || products.some(({ sku }) => sku === editing.sku)) return products;
  return products.toSpliced(place, 0, editing);
}

/** Where in the list the product that is being edited is, or was last. */
function usePlaceOf(products: readonly Product[], editing: Product | undefined): number {
  const last = useRef(0);
  const index = products.findIndex(({ sku }) => sku === editing?.sku);
  if (index >= 0) last.current = index;
  return last.current;
}

interface ProductRowProps {
  product: Product;
  isSelected: boolean;
  onSelect(isSelected: boolean): void;
  isOpen: boolean;
  onToggle(): void;
}

function ProductRow({ product, isSelected, onSelect, isOpen, onToggle }: ProductRowProps) {
  const { sku, name, description, updatedAt } = product;
  const mayEdit = useMay('WRITER');
  const button = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(isOpen);
  useEffect(() => {
    // The editor that had the focus is gone.
    if (wasOpen.current && !isOpen && document.activeElement === document.body) button.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  return (
    <Table.Tr className={isSelected ? (classes['selected'] ?? '') : ''}>
      <Table.Td className={classes['select'] ?? ''}>
        <Checkbox
          size="xs"
          aria-label={`Select ${sku}`}
          disabled={!mayEdit}
          checked={isSelected}
          onChange={({ currentTarget }) => onSelect(currentTarget.checked)}
        />
      </Table.Td>
      <Table.Td className={classes['sku'] ?? ''} title={sku}>
        <Anchor component={Link} href={productPath(sku)} inherit c="inherit">
          {sku}
        </Anchor>
      </Table.Td>
      <Table.Td className={classes['name'] ?? ''}>
        <Anchor
          component={Link}
          href={productsWithNamePath(name)}
          inherit
          title={`Products with the name ${name}`}
        >
          {name}
        </Anchor>
      </Table.Td>
      <Table.Td className={classes['description'] ?? ''}>
        <Text size="sm" c="dimmed" truncate title={description}>
          {description}
        </Text>
      </Table.Td>
      <Table.Td className={classes['time'] ?? ''}>
        <Time iso={updatedAt} />
      </Table.Td>
      <Table.Td className={classes['action'] ?? ''}>
        <Button
          ref={button}
          size="compact-sm"
          variant={isOpen ? 'default' : 'subtle'}
          aria-expanded={isOpen}
          aria-label={`${mayEdit ? 'Edit' : 'View'} ${sku}`}
          onClick={onToggle}
        >
          {mayEdit ? 'Edit' : 'View'}
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}
