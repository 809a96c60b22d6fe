// The manifests against Kubernetes' own schemas, and against each other.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';

const FOLDER = new URL('../../conf/kubernetes/', import.meta.url);
const objects = fs.readdirSync(FOLDER).filter(name => name.endsWith('.yaml')).flatMap(name =>
  parseAllDocuments(fs.readFileSync(new URL(name, FOLDER), 'utf8'), { uniqueKeys: true, strict: true }).map(document => {
    assert.deepEqual(document.errors, [], name);
    return document.toJS();
  }));
const one = kind => objects.find(o => o.kind === kind);

for (const object of objects)
  test(`${object.kind} ${object.metadata.name} is valid`, async () => {
    const models = await import(`kubernetes-models/${object.apiVersion}`);
    assert.ok(models[object.kind], `${object.apiVersion} has no ${object.kind}`);
    new models[object.kind](object).validate();
  });

test('a misspelt field would be found', async () => {
  const { StatefulSet } = await import('kubernetes-models/apps/v1');
  const wrong = structuredClone(one('StatefulSet'));
  wrong.spec.template.spec.containers[0].livenessProbe.httpGet.port = {};
  assert.throws(() => new StatefulSet(wrong).validate());
});

test('the parts point at each other', () => {
  const set = one('StatefulSet'), pod = set.spec.template.spec, [container] = pod.containers;
  const labels = set.spec.template.metadata.labels;
  for (const service of objects.filter(o => o.kind === 'Service')) {
    assert.deepEqual(service.spec.selector, labels);
    for (const port of service.spec.ports) {
      const target = container.ports.find(p => p.name === port.targetPort);
      assert.ok(target, `${port.targetPort} is a port of the container`);
      assert.equal(target.protocol, port.protocol);
    }
  }
  assert.ok(objects.some(o => o.kind === 'Service' && o.metadata.name === set.spec.serviceName));
  assert.deepEqual(one('PodDisruptionBudget').spec.selector.matchLabels, labels);
  assert.equal(one('HorizontalPodAutoscaler').spec.scaleTargetRef.name, set.metadata.name);
  const volumes = [...pod.volumes.map(v => v.name), ...set.spec.volumeClaimTemplates.map(v => v.metadata.name)];
  assert.deepEqual(container.volumeMounts.map(m => m.name).filter(name => !volumes.includes(name)), []);
  const kill = container.livenessProbe.periodSeconds * container.livenessProbe.failureThreshold;
  assert.ok(kill >= 30, 'a busy moment is no death');
});
