# The worker, and with another command the lab or the `runbook` command. Debian, because the
# Temporal SDK brings no binaries for Alpine.

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Nothing that is installed needs its install script, so none is run.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
RUN npm run build

FROM node:20-bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates tini \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner node --group node /lab /var/lib/runbook/reports
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund && npm cache clean --force
COPY --from=build /app/lib lib
COPY deploy/worker deploy/worker

ENV NODE_ENV=production NODE_OPTIONS=--max-old-space-size=512
USER node
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "--"]
CMD ["node", "lib/worker.js"]
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 \
  CMD ["node", "deploy/worker/polls.mjs"]
