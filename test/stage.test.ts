import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlanArea } from '../src/catalog/event.ts';
import { distanceToStage, findStage } from '../src/catalog/stage.ts';
import { seatColumns } from './support/sample-event.ts';

const seats = seatColumns([
  { zoneNo: 1, rowNo: 1, position: 1, x: 10, y: 40 },
  { zoneNo: 1, rowNo: 1, position: 2, x: 30, y: 50 },
]);
const label = (text: string) => ({ text, size: 12, color: '#000000', x: 0, y: 0 });
const rectangle = (text: string, width = 10): PlanArea => ({
  shape: 'rectangle',
  x: 5,
  y: 6,
  width,
  height: 4,
  text: label(text),
});
const box = (width = 10) => ({ left: 5, top: 6, right: 5 + width, bottom: 10 });
const topEdge = { left: 10, top: 40, right: 30, bottom: 40 };

test('the stage is the area that is named so, in the languages of the plans', () => {
  for (const name of [
    'STAGE',
    'Escenario',
    'Hauptbühne',
    'La scène',
    'Tablado',
    'main stage',
    'Pantalla',
    'Campo',
    'Écran',
    'S T A G E',
    'E  S  C  E  N  A  R  I  O',
  ]) {
    assert.deepEqual(findStage({ areas: [rectangle('Bar', 90), rectangle(name)], seats }), box(), name);
  }
});

test('other words, and general zones, are no stage: the seats face the top edge', () => {
  const standing = { ...rectangle('Frente al escenario'), zoneNo: 2 };
  const areas = [rectangle('Backstage'), rectangle('Camposanto'), rectangle('Entrada'), standing];
  assert.deepEqual(findStage({ areas, seats }), topEdge);
});

test('a stage stands before the field it is built on, and the larger of two before the smaller', () => {
  const areas = [rectangle('Campo', 100), rectangle('Stage B', 7), rectangle('Stage A', 9)];
  assert.deepEqual(findStage({ areas, seats }), box(9));
});

test('each shape has its box', () => {
  const text = label('Stage');
  const shapes: [PlanArea, [number, number, number, number]][] = [
    [{ shape: 'circle', x: 10, y: 20, radius: 3, text }, [7, 17, 13, 23]],
    [{ shape: 'ellipse', x: 10, y: 20, width: 8, height: 4, text }, [6, 18, 14, 22]],
    [
      {
        shape: 'polygon',
        x: 0,
        y: 0,
        points: [
          { x: 1, y: 5 },
          { x: 9, y: 2 },
          { x: 4, y: 7 },
        ],
        text,
      },
      [1, 2, 9, 7],
    ],
    [{ shape: 'text', x: 10, y: 20, text }, [10, 20, 10, 20]],
  ];
  for (const [area, [left, top, right, bottom]] of shapes) {
    assert.deepEqual(findStage({ areas: [area], seats }), { left, top, right, bottom }, area.shape);
  }
  assert.deepEqual(
    findStage({ areas: [{ shape: 'polygon', x: 0, y: 0, points: [], text }], seats }),
    topEdge,
  );
});

test('nearer the edge is better, and of equally near ones the more central', () => {
  const stage = { left: 0, top: 0, right: 100, bottom: 20 };
  const byView = [
    [50, 30],
    [20, 30],
    [50, 45],
    [130, 30],
    [50, 90],
  ].map(([x, y]) => distanceToStage(stage, x!, y!));
  assert.deepEqual(
    byView,
    byView.toSorted((a, b) => a - b),
  );
  assert.equal(distanceToStage(stage, 50, 30), 10 + 20 / 4);
});
