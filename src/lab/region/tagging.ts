/** Tags: their limits, and the actions that set, remove and list them. */
import { ApiError, invalidValue, notFound } from './api-error';
import { select, type Action, type Call } from './call';
import { applyFilters, page } from './filters';
import type { Tags } from './query';

const mostTags = 50;
const longestKey = 128;
const longestValue = 256;

/** Adds tags to those an object has, within EC2's limits; gives back all of them. */
export function addTags(present: Tags, added: Tags): Tags {
  for (const [key, value] of Object.entries(added)) {
    // AWS reserves the prefix in upper and lower case.
    if (key.toLowerCase().startsWith('aws:')) {
      throw invalidValue(`Tag keys starting with 'aws:' are reserved for internal use: '${key}'`);
    }
    if (key.length > longestKey) {
      throw invalidValue(`Tag key exceeds the maximum length of 128 characters: '${key}'`);
    }
    if (value.length > longestValue) {
      throw invalidValue(`Tag value exceeds the maximum length of 256 characters: '${value}'`);
    }
  }
  const all = { ...present, ...added };
  if (Object.keys(all).length > mostTags) {
    throw new ApiError(
      'TagLimitExceeded',
      'The maximum number of Tags for a resource has been reached.',
    );
  }
  return all;
}

/** The tags asked for on the image and on its snapshots; setting any is a permission of its own. */
export function requestedTags(call: Call): {
  readonly imageTags: Tags;
  readonly snapshotTags: Tags;
} {
  const tags = call.query.tagSpecifications(['image', 'snapshot']);
  if (Object.keys(tags).length > 0) {
    call.demand('CreateTags');
  }
  return {
    imageTags: addTags({}, tags['image'] ?? {}),
    snapshotTags: addTags({}, tags['snapshot'] ?? {}),
  };
}

/** The tags of an object as EC2 shows them. */
export function tagSet(tags: Tags): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

interface Tagged {
  tags: Tags;
}

/** Everything that carries tags, as this reader sees it. */
function taggedObjects(call: Call): { id: string; type: string; holder: Tagged }[] {
  const { state } = call.region;
  const list = (type: string, holders: readonly (Tagged & { readonly id: string })[]) =>
    holders.map((holder) => ({ id: holder.id, type, holder }));
  const instances = call.instances();
  return [
    ...list('instance', instances),
    ...list('image', call.images()),
    ...list('snapshot', call.snapshots()),
    ...list('volume', Object.values(state.volumes)),
    ...list('subnet', Object.values(state.subnets)),
    ...list('security-group', Object.values(state.groups)),
    ...Object.values(state.addresses).map((holder) => ({
      id: holder.allocationId,
      type: 'elastic-ip',
      holder,
    })),
    ...instances.map((instance) => ({
      id: instance.eniId,
      type: 'network-interface',
      holder: {
        get tags() {
          return instance.eniTags;
        },
        set tags(tags: Tags) {
          instance.eniTags = tags;
        },
      },
    })),
  ];
}

function namedObjects(call: Call): Tagged[] {
  const objects = taggedObjects(call);
  const ids = call.query.list('ResourceId');
  if (ids.length === 0) {
    call.query.required('ResourceId');
  }
  return ids.map((id) => {
    const found = objects.find((object) => object.id === id);
    if (found !== undefined) {
      return found.holder;
    }
    const kind = (['i', 'ami', 'snap', 'vol', 'subnet', 'sg'] as const).find((prefix) =>
      id.startsWith(`${prefix}-`),
    );
    if (kind !== undefined) {
      select([], [id], kind);
    }
    throw id.startsWith('eipalloc-')
      ? notFound('eipalloc', id)
      : new ApiError('InvalidID', `The ID '${id}' is not valid`);
  });
}

/** CreateTags: all resources or none. */
export const createTags: Action = (call) => {
  const holders = namedObjects(call);
  const added = call.query.tags('Tag');
  const all = holders.map((holder) => addTags(holder.tags, added));
  call.commit();
  holders.forEach((holder, index) => {
    holder.tags = all[index] ?? holder.tags;
  });
  return { return: true };
};

/** DeleteTags: a tag whose value is given goes only if it has this value. */
export const deleteTags: Action = (call) => {
  const holders = namedObjects(call);
  const removed = call.query.groups('Tag').map((prefix) => ({
    key: call.query.required(`${prefix}.Key`),
    value: call.query.text(`${prefix}.Value`),
  }));
  call.commit();
  for (const holder of holders) {
    holder.tags = Object.fromEntries(
      Object.entries(holder.tags).filter(
        ([key, value]) =>
          removed.length > 0 &&
          !removed.some((tag) => tag.key === key && (tag.value ?? value) === value),
      ),
    );
  }
  return { return: true };
};

/** DescribeTags. */
export const describeTags: Action = (call) => {
  const rows = taggedObjects(call).flatMap(({ id, type, holder }) =>
    Object.entries(holder.tags).map(([key, value]) => ({
      id,
      type,
      key,
      value,
      tags: { [key]: value },
    })),
  );
  const left = applyFilters(rows, call.query.filters(), {
    'resource-id': ({ id }) => [id],
    'resource-type': ({ type }) => [type],
    key: ({ key }) => [key],
    value: ({ value }) => [value],
  });
  const { items, nextToken } = page(left, call.query, 5);
  return {
    tagSet: items.map(({ id, type, key, value }) => ({
      resourceId: id,
      resourceType: type,
      key,
      value,
    })),
    nextToken,
  };
};
