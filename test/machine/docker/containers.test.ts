import {
  describeContainers,
  listNames,
  namesOf,
  parseContainers,
} from '../../../src/machine/docker/containers';
import { parseLook } from '../../../src/machine/docker/docker-look';

const app = 'edd9471be0bc4ea04dfca94718ddf621';
const labelled = `${app}||10.0.1.5:9874/circleci-frontend:0.1|frontend
|replicated|quay.io/replicated/replicated:current|replicated
||quay.io/replicated/replicated-operator:current|replicated-operator
|replicated|replicated/retraced:1.3|retraced-api
${app}||10.0.1.5:9874/circleci-logrotate:0.1|boring_wozniak
||gcr.io/cadvisor/cadvisor:latest|cadvisor
||redis:5|redis
0123456789abcdef0123456789abcdef||other/app:1|other-app
`;

describe('where containers have labels', () => {
  const found = parseContainers(labelled, app);

  test('the app has those with its id, whatever they are called', () => {
    expect(namesOf(found, 'app')).toEqual(['frontend', 'boring_wozniak']);
  });

  test('one without a label is foreign, even by the name of one of the app', () => {
    expect(namesOf(found, 'foreign')).toEqual(['cadvisor', 'redis', 'other-app']);
  });

  test("Replicated's own are known by their label, those of the units by their names, too", () => {
    const own = ['replicated', 'replicated-operator', 'retraced-api'];
    expect(namesOf(found, 'replicated')).toEqual(own);
  });

  test('without an AppID to compare with, every label of an app counts', () => {
    expect(namesOf(parseContainers(labelled), 'app')).toContain('other-app');
  });

  test('none is left of a stopped app, although others run', () => {
    const stopped = '|replicated|x|replicated\n||prom/node-exporter|mongo\n';
    expect(namesOf(parseContainers(stopped, app), 'app')).toEqual([]);
  });
});

test('on a silent copy labels are used although none of those that run has one', () => {
  const rows = '||acme/circleci-exporter:1|circleci-exporter\n||statsd:1|statsd\n||redis:5|redis\n';
  expect(namesOf(parseContainers(rows), 'foreign')).toEqual([]);
  expect(namesOf(parseContainers(`${rows}labels are used\n`), 'foreign')).toEqual([
    'circleci-exporter',
    'statsd',
    'redis',
  ]);
});

test('the look at containers tells that labels are used beside its rows, and reads them all', () => {
  const seen = parseLook('container ||statsd:1|statsd\nlabels are used\n');
  expect(seen).toMatchObject({ unread: [], containers: [{ name: 'statsd', owner: 'foreign' }] });
});

describe('where no container has a label', () => {
  const names = `||10.0.1.5:9874/circleci-frontend:0.1|frontend
||quay.io/replicated/replicated:current|replicated
||x|retraced-nsqd
||mongo:3|mongo
||10.0.1.5:9874/circleci-logrotate:0.1|quirky_noether
||gliderlabs/logspout|logspout
`;

  test('names decide, and the registry of Replicated for those named by chance', () => {
    const found = parseContainers(names, app);
    expect(namesOf(found, 'app')).toEqual(['frontend', 'mongo', 'quirky_noether']);
    expect(namesOf(found, 'replicated')).toEqual(['replicated', 'retraced-nsqd']);
    expect(namesOf(found, 'foreign')).toEqual(['logspout']);
  });
});

test.each([
  ['||x|mongo,frontend/mongo', 'mongo'],
  ['||x|frontend/mongo,mongo', 'mongo'],
  ['<no value>|<no value>|x|mongo', 'mongo'],
  ['||x|/mongo\r', 'mongo'],
])('the row "%s" is of %s', (row, name) => {
  expect(parseContainers(`${row}\n\n`)).toEqual([{ name, owner: 'app' }]);
});

test('people are told names, and of many only the first', () => {
  const all = parseContainers(labelled, app);
  expect(describeContainers(all)).toBe(
    '2 app containers run (frontend, boring_wozniak), besides 3 foreign (cadvisor, redis, other-app)',
  );
  expect(describeContainers([])).toBe('0 app containers run');
  expect(listNames('a b c d e f g h'.split(' '))).toBe('a, b, c, d, e, f and 2 more');
});
