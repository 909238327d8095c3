-- Pictures of sellers, by their content, and how an event looks.

create table images (
  tenant_id integer not null references sellers,
  sha256 bytea not null check (length(sha256) = 32),
  media_type text not null,
  width integer not null check (width > 0),
  height integer not null check (height > 0),
  content bytea not null,
  created_at timestamptz not null,
  primary key (tenant_id, sha256)
);

alter table images alter column content set storage external;

alter table events
  add column color text check (color ~ '^#[0-9a-f]{6}$'),
  add column picture bytea,
  add column logo bytea,
  add foreign key (tenant_id, picture) references images,
  add foreign key (tenant_id, logo) references images;
