"""The path between two of 20,000 works: what the graph costs to make and renew, and how long a path takes."""

import random
import time
from contextlib import closing

import numpy as np
from warehouse import Collection

from gallery.app import create_app
from gallery.paths import paths
from indexer.graph.laying import lay
from indexer.store import open_store

PAIRS, MOST_MS = 200, 300.0


def test_a_path_is_found_soon(collection: Collection) -> None:
    folder = collection.settings.graph_dir
    with closing(open_store(collection.settings)) as store:
        began = time.perf_counter()
        assert lay(folder, store)
        made = time.perf_counter()
        assert lay(folder, store)
        renewed = time.perf_counter()
        app = create_app(collection.settings, store)
        with app.app_context():
            graph = paths().graph()
            assert graph is not None
            loaded = time.perf_counter()
            print(
                f"made in {made - began:.1f} s, renewed in {renewed - made:.1f} s, loaded in {loaded - renewed:.2f} s"
            )
            drawn = random.Random(1)
            visitor = app.test_client()
            for years in (0, 1):
                took, steps = [], []
                for _ in range(PAIRS):
                    one, other = drawn.sample(collection.works, 2)
                    start = time.perf_counter()
                    way = paths().between(graph, one, other, by_years=bool(years))
                    took.append(1000 * (time.perf_counter() - start))
                    assert way is not None
                    steps.append(len(way) - 1)
                middle, high = np.percentile(took, [50, 95])
                print(f"years={years}: p50 {middle:.0f} ms, p95 {high:.0f} ms, {np.mean(steps):.1f} steps")
                assert high <= MOST_MS
            pages = []
            for _ in range(50):
                one, other = drawn.sample(collection.works, 2)
                start = time.perf_counter()
                assert visitor.get(f"/path/{one.id}/{other.id}").status_code == 200
                pages.append(1000 * (time.perf_counter() - start))
            middle, high = np.percentile(pages, [50, 95])
            print(f"page: p50 {middle:.0f} ms, p95 {high:.0f} ms")
            assert high <= MOST_MS
