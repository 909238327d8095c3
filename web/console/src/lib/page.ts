import type { Component } from 'svelte';
import type { Words } from './texts.ts';

/** What a page is given: the parts of the address that its path names. */
export type PageProps = { params: Record<string, string> };

/** Where a page stands in the navigation. */
export type NavGroup = 'sell' | 'events' | 'money' | 'settings';

/** One page of a seller's console. */
export type Page = {
  /** Below `/console/{seller_id}/`; `:name` is a part that the page is given as `params.name`. */
  path: string;
  /** What the navigation and the tab say. */
  title: Words;
  /** The right (src/identity/roles.ts) without which the page is neither listed nor shown; null for everybody. */
  right: string | null;
  /** Where it is listed; a page without a group is reached by links alone. */
  group?: NavGroup;
  /** Takes the whole window, without the navigation. */
  fullScreen?: boolean;
  load: () => Promise<{ default: Component<PageProps> }>;
};
