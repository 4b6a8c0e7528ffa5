# One image for every service: `wayhome gateway`, `wayhome analytics`, …
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# compiles what each message passes (docs/decisions/0226); the image that runs has no compiler
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/wayhome && python -m venv /opt/build
WORKDIR /source
# Requirements first: they change seldom, so their layer is kept.
COPY requirements.txt requirements-fast.txt ./
RUN /opt/wayhome/bin/pip install --require-hashes --only-binary :all: -r requirements.txt
RUN /opt/build/bin/pip install --require-hashes --only-binary :all: -r requirements-fast.txt \
    && echo /opt/wayhome/lib/python3.11/site-packages \
       > /opt/build/lib/python3.11/site-packages/borrowed.pth
COPY . .
# fails unless the compiled program says the same as the sources, to the last bit
RUN bash scripts/fast /opt/build/bin/python /wheel \
    && /opt/wayhome/bin/pip install --no-deps /wheel/*.whl

FROM python:3.11-slim-bookworm
# letters with accents in the pack for the police
RUN apt-get update && apt-get install --yes --no-install-recommends fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 wayhome \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
       --shell /usr/sbin/nologin wayhome
COPY --from=build /opt/wayhome /opt/wayhome
ENV PATH=/opt/wayhome/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    WAYHOME_HEALTH_PORT=9400
USER 10001:10001
WORKDIR /tmp
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:9400/health', timeout=4)"]
ENTRYPOINT ["wayhome"]
CMD ["--help"]
