-- Sellers' logos: pictures of our own making (src/notifications/logo.ts), each under the digest of its bytes. A seller's earlier
-- ones stay, since mails that were sent show them.

create table logos (
  tenant_id integer not null references sellers,
  sha256 bytea not null check (octet_length(sha256) = 32),
  png bytea not null,
  created_at timestamptz not null,
  primary key (tenant_id, sha256)
);

alter table brands
  add column logo_sha256 bytea,
  add foreign key (tenant_id, logo_sha256) references logos;
