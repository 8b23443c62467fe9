"""The best pairing of two groups: the assignment problem, solved exactly."""

import numpy as np
from numpy.typing import NDArray


def pair(worth: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the (row, column) pairs with the greatest sum of `worth`, as many as the shorter side has.

    Shortest augmenting paths, one for each row: Jonker & Volgenant (1987) in the form that Crouse gave it,
    "On implementing 2D rectangular assignment algorithms" (2016). At most rows^2 x columns steps, in
    vectors of a row's length.
    """
    if worth.shape[0] > worth.shape[1]:
        return sorted((row, column) for column, row in pair(worth.T))
    pairing = _Pairing(-worth)
    for row in range(len(worth)):
        pairing.add(row)
    return [(row, int(column)) for row, column in enumerate(pairing.column_of)]


class _Pairing:
    """A cheapest pairing of the rows so far, and prices that prove it.

    No cell costs less than its row's price and its column's together; those of pairs cost just that.
    """

    def __init__(self, cost: NDArray[np.float64]) -> None:
        self.cost = cost
        self.row_price, self.column_price = np.zeros(cost.shape[0]), np.zeros(cost.shape[1])
        self.column_of = np.full(cost.shape[0], -1)
        self.row_of = np.full(cost.shape[1], -1)

    def add(self, root: int) -> None:
        """Give `root` a column, by the cheapest chain of rows that each move on to another one."""
        reach = np.full(len(self.row_of), np.inf)
        came_from = np.full(len(self.row_of), -1)
        settled = np.zeros(len(self.row_of), bool)
        row, spent = root, 0.0
        while row >= 0:
            via = spent + self.cost[row] - self.row_price[row] - self.column_price
            nearer = ~settled & (via < reach)
            reach[nearer], came_from[nearer] = via[nearer], row
            column = int(np.where(settled, np.inf, reach).argmin())
            spent = float(reach[column])
            settled[column] = True
            row = int(self.row_of[column])
        saved = spent - reach[settled]
        self.column_price[settled] -= saved
        self.row_price[root] += spent
        moving = self.row_of[settled]
        self.row_price[moving[moving >= 0]] += saved[moving >= 0]
        while row != root:
            row = int(came_from[column])
            self.row_of[column] = row
            self.column_of[row], column = column, int(self.column_of[row])
