/* The drawing library with what our studio adds and leaves out. */
import BpmnModeler from 'bpmn-js/lib/Modeler';
import { getDi } from 'bpmn-js/lib/util/ModelUtil';
import ColorPickerModule from 'bpmn-js-color-picker';
import { CreateAppendAnythingModule } from 'bpmn-js-create-append-anything';
import TokenSimulationModule from 'bpmn-js-token-simulation';
import MinimapModule from 'diagram-js-minimap';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import 'bpmn-js/dist/assets/bpmn-font/css/bpmn.css';
import 'bpmn-js-color-picker/colors/color-picker.css';
import 'bpmn-js-token-simulation/assets/css/bpmn-js-token-simulation.css';
import 'diagram-js-minimap/assets/diagram-js-minimap.css';
import EnglishNames from './english_names.js';
import Menus from './menus.js';
import SharedClipboard from './shared_clipboard.js';
import spiffworkflow from './spiffworkflow.json';
import { mend } from './whole.js';
import { translate } from './words.js';

const LAST = 100; // after the drawing library's own listeners

/* The stock palette is replaced by a toolbar of real buttons. */
class NoPalette {
  constructor(palette) {
    palette.registerProvider({ getPaletteEntries: () => ({}) });
  }
}
NoPalette.$inject = ['palette'];

/* A name within its shape needs no place of its own: an empty label would be left in the file, and
 * stay there when the change is undone. */
class NoEmptyLabels {
  constructor(eventBus) {
    const labelOf = ({ element }) => getDi(element)?.get('label');
    eventBus.on('commandStack.element.updateLabel.execute', ({ context }) => {
      context.hadLabel = Boolean(labelOf(context));
    });
    const tidy = ({ context }) => {
      const label = labelOf(context);
      if (label && !context.hadLabel && !label.bounds) getDi(context.element).set('label', undefined);
    };
    eventBus.on(['commandStack.element.updateLabel.executed', 'commandStack.element.updateLabel.reverted'], LAST, tidy);
  }
}
NoEmptyLabels.$inject = ['eventBus'];

const ours = {
  __init__: ['menus', 'englishNames', 'noEmptyLabels'],
  // Shapes stay in the order of the file: it would be written anew from what is drawn, so that
  // shapes of other tools which are not drawn here would be lost.
  bpmnDiOrdering: ['value', null],
  clipboard: ['type', SharedClipboard],
  englishNames: ['type', EnglishNames],
  menus: ['type', Menus],
  noEmptyLabels: ['type', NoEmptyLabels],
  paletteProvider: ['type', NoPalette],
  translate: ['value', translate],
};

export function makeModeler(container) {
  const modeler = new BpmnModeler({
    container,
    moddleExtensions: { spiffworkflow },
    textRenderer: { defaultStyle: { fontFamily: getComputedStyle(document.body).fontFamily } },
    additionalModules: [MinimapModule, ColorPickerModule, CreateAppendAnythingModule, TokenSimulationModule, ours],
  });
  mend(modeler.get('moddle'));
  return modeler;
}

/* All of a plane, with a margin for the tools, but no larger than it was drawn. */
export function fit(modeler) {
  const canvas = modeler.get('canvas');
  const scale = canvas.zoom('fit-viewport', 'auto');
  canvas.zoom(Math.min(scale * 0.94, 1), 'auto');
}
