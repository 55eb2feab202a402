/* So that nothing of another tool's drawing is lost: where the library's own description of BPMN
 * differs from the standard's schema, what it reads is not what it writes. Put right before
 * anything is read; the description is one for the whole page. */
const asWritten = { serialize: 'property' };

function rename(property, name) {
  if (!property) return; // it was put right before
  property.name = `bpmn:${name}`;
  property.ns = { name: `bpmn:${name}`, localName: name, prefix: 'bpmn' };
}

export function mend(moddle) {
  const of = (type, name) => moddle.registry.typeMap[`bpmn:${type}`].properties.find((one) => one.ns.localName === name);
  // Written as what it is, a formalExpression; the library would write <expression xsi:type>.
  delete of('ResourceAssignmentExpression', 'expression').xml;
  of('CorrelationPropertyRetrievalExpression', 'messagePath').xml = asWritten;
  of('CorrelationPropertyBinding', 'dataPath').xml = asWritten;
  rename(of('ConversationNode', 'messageFlowRefs'), 'messageFlowRef');
  // Names of types that are told elsewhere, in Java or a schema, are no elements of the file.
  const texts = [];
  for (const type of Object.values(moddle.registry.typeMap)) {
    for (const one of type.properties || []) {
      if (one.isAttr && one.isReference && one.type === 'bpmn:ItemDefinition') texts.push(one);
    }
  }
  for (const one of [...texts, of('Extension', 'definition')]) {
    one.type = 'String';
    one.isAttr = true;
    delete one.isReference;
  }
}
