FROM python:3.13-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONSAFEPATH=1

RUN python -m venv /opt/tochka
WORKDIR /src
# The dependencies first: they change less often than the code.
COPY locks/runtime.txt locks/runtime.txt
RUN /opt/tochka/bin/pip install --require-hashes -r locks/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY core core
COPY plugins plugins
COPY migrations migrations
RUN /opt/tochka/bin/pip install --no-deps .


FROM python:3.13-slim

# PYTHONSAFEPATH: a folder named like one of our packages must not be imported from where we stand.
ENV PATH=/opt/tochka/bin:$PATH \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    TOCHKA_DATA_DIR=/var/lib/tochka-rosta

# The data folder is used only where DATABASE_URL is unset.
RUN useradd --system --uid 1000 --create-home --home-dir /srv/tochka tochka \
    && install -d -o tochka -g tochka -m 0700 /var/lib/tochka-rosta
COPY --from=build /opt/tochka /opt/tochka

USER tochka
WORKDIR /srv/tochka
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health/live', timeout=4)"]
CMD ["tochka", "serve"]
