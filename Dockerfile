# A server with a shop in it, on Debian's packages.
#
#   docker build -t ecommerce .
#   docker run -e POSTGRES_PASSWORD=secret -p 127.0.0.1:5432:5432 ecommerce

FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
        gcc libc6-dev make perl postgresql-server-dev-15 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN make -j"$(nproc)" && make install DESTDIR=/installed

FROM debian:bookworm-slim
# Debian would make a database here; docker_start.sh makes it in the volume.
RUN mkdir -p /etc/postgresql-common/createcluster.d \
    && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/none.conf \
    && apt-get update && apt-get install -y --no-install-recommends postgresql-15 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /installed /
COPY scripts/docker_start.sh /usr/local/bin/
ENV PATH=/usr/lib/postgresql/15/bin:$PATH LC_ALL=C.UTF-8 PGDATA=/var/lib/postgresql/data
USER postgres
VOLUME /var/lib/postgresql
EXPOSE 5432
# A fast shutdown: "docker stop" does not wait for clients to leave.
STOPSIGNAL SIGINT
HEALTHCHECK --interval=5s CMD ["pg_isready", "-q"]
CMD ["docker_start.sh"]
