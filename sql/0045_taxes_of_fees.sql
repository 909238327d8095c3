-- A tax of fees alone: borne by fees that say they are taxed by rules of their own, and by no place.
alter table tax_rules add column on_fees boolean not null default false;
