FROM node:20.20.2-bookworm-slim

# Temporal's native client reads the system's certificates.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY . .

# The bundle of the workflows is kept beside the packages, the server's token in .tidemark, and commands do not run as
# root.
RUN ln -s /app/bin/tidemark.mjs /usr/local/bin/tidemark \
    && mkdir -p node_modules/.cache \
    && chown node:node node_modules/.cache \
    && mkdir -p /etc/tidemark/.tidemark \
    && chown node:node /etc/tidemark/.tidemark

USER node
# Where commands look for tidemark.yaml.
WORKDIR /etc/tidemark
ENTRYPOINT ["tidemark"]
CMD ["worker"]
