/* Room in a drawing: everything that lies beyond a line moves away from it, frames around grow. */
import { selfAndAllChildren } from 'diagram-js/lib/util/Elements';

/* axis: "x" or "y"; start: where the line is; size: how far things move to the right or down. */
export function makeRoom(modeler, near, axis, size, start) {
  const tool = modeler.get('spaceTool');
  const root = modeler.get('canvas').findRoot(near);
  const { movingShapes, resizingShapes } = tool.calculateAdjustments(selfAndAllChildren(root, true), axis, size, start);
  tool.makeSpace(movingShapes, resizingShapes, { x: 0, y: 0, [axis]: size }, axis === 'x' ? 'e' : 's', start);
}
