import { appContainers, parseContainers } from '../../src/machine/containers';

const running = `frontend
replicated
replicated-ui
replicated-operator
replicated-premkit
replicated-statsd
retraced-api
retraced-postgres
audit-log-service
nomad-metrics
nomad
boring_wozniak
`;

test("tells the app's containers from Replicated's", () => {
  expect(appContainers(parseContainers(running))).toEqual([
    'frontend',
    'audit-log-service',
    'nomad-metrics',
    'nomad',
    'boring_wozniak',
  ]);
});

test('none are left of a stopped app', () => {
  expect(appContainers(parseContainers('replicated\nretraced-nsqd\n'))).toEqual([]);
  expect(parseContainers('\n')).toEqual([]);
});
