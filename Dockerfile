# syntax=docker/dockerfile:1
# One image for the site and for the commands that fill it. Alone it serves the embedded collection:
#   docker build -t semantic-gallery . && docker run --init -p 8000:8000 -v gallery:/data semantic-gallery
# docker-compose.yml runs it with a Qdrant server.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim-trixie AS build
# The CPU build of torch; for CUDA: --build-arg TORCH_INDEX=https://pypi.org/simple
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PATH=/opt/venv/bin:$PATH
RUN python -m venv /opt/venv
WORKDIR /app
# Empty packages stand in for the code, so that this layer is made again only when pyproject.toml changes.
COPY pyproject.toml ./
RUN touch README.md LICENSE && mkdir scraper indexer gallery && touch scraper/__init__.py indexer/__init__.py gallery/__init__.py \
 && pip install --extra-index-url "$TORCH_INDEX" -e '.[postgres,server]'

FROM python:${PYTHON}-slim-trixie
RUN apt-get update \
 && apt-get install -y --no-install-recommends chromium-headless-shell fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home gallery \
 && install -d -o gallery -g gallery /data
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY pyproject.toml README.md LICENSE ./
COPY scraper scraper
COPY indexer indexer
COPY gallery gallery
COPY templates templates
COPY static static
RUN /opt/venv/bin/python -m compileall -q scraper indexer gallery
# Chromium's own sandbox needs rights that containers rightly lack; here the container is the fence.
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    GALLERY_DATA_DIR=/data TORCH_HOME=/data/cache/torch GALLERY_BROWSER_SANDBOX=off
USER gallery
EXPOSE 8000
CMD ["gunicorn", "--config=python:gallery.gunicorn_conf", "--bind=0.0.0.0:8000", "--threads=8", "--worker-tmp-dir=/dev/shm", "--no-control-socket", "--access-logfile=-", "gallery.wsgi:app"]
