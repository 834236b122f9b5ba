# The command without the packages that only a GPU needs:
#
#     docker build -t webgpu-lmm .
#     docker run --rm -u "$(id -u):$(id -g)" -v "$PWD:/data" webgpu-lmm fit cells.h5ad --formula '~ stim + (1 | donor)' --out results.tsv
#
# With --build-arg WEBGPU=yes the package for GPUs is there, too.
FROM node:20-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-progress
COPY tsdown.config.ts tsconfig.json README.md LICENSE CHANGELOG.md CONTRIBUTING.md ./
COPY src src
COPY docs docs
COPY examples examples
COPY workflow workflow
COPY man man
COPY demo demo
COPY scripts scripts
COPY bench/README.md bench/README.md
RUN npm run demo:zip && npm pack --ignore-scripts

FROM node:20-bookworm-slim
ARG WEBGPU=no
# Workflow engines ask for ps.
RUN apt-get update \
    && apt-get install -y --no-install-recommends procps \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /build/webgpu-lmm-*.tgz /opt/
RUN npm install --global --ignore-scripts --no-audit --no-fund /opt/webgpu-lmm-*.tgz \
    && if [ "$WEBGPU" = no ]; then rm -rf "$(npm root --global)/webgpu-lmm/node_modules/webgpu"; fi \
    && npm cache clean --force \
    && rm /opt/webgpu-lmm-*.tgz
USER node
WORKDIR /data
ENTRYPOINT ["webgpu-lmm"]
CMD ["--help"]
