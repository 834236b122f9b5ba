"""Values of log densities and of logarithms of tails far out, with mpmath (any version): python3 reference-values.py > reference-values.json"""

import json

import mpmath as mp

mp.mp.dps = 120
number = lambda x: float(mp.nstr(x, 17))


def normal_upper(t):
    t = mp.mpf(t)
    q = mp.erfc(t / mp.sqrt(2)) / 2
    m = mp.npdf(t) / q
    m1 = m * (m - t)
    m2 = m1 * (2 * m - t) - m
    m3 = m2 * (2 * m - t) + 2 * m1 * (m1 - 1)
    return [mp.log1p(-mp.erfc(-t / mp.sqrt(2)) / 2) if t < 0 else mp.log(q), -m, -m1, -m2, -m3]


def gumbel_lower(t):
    mp.mp.dps = 180
    f = lambda x: mp.log(-mp.expm1(-mp.exp(x)))
    values = [mp.diff(f, mp.mpf(t), n) if n else f(mp.mpf(t)) for n in range(5)]
    mp.mp.dps = 120
    return values


def nbinom2(y, size, eta):
    mu = mp.exp(eta)
    binomial = mp.loggamma(y + size) - mp.loggamma(size) - mp.loggamma(y + 1)
    return binomial + y * mp.log(mu / (mu + size)) + size * mp.log(size / (mu + size))


def nbinom1(y, phi, eta):
    a = mp.exp(eta) / phi
    binomial = mp.loggamma(y + a) - mp.loggamma(a) - mp.loggamma(y + 1)
    return binomial - a * mp.log1p(phi) + y * mp.log(phi / (1 + phi))


def gamma(y, s, eta):
    return s * mp.log(s) - s * eta + (s - 1) * mp.log(y) - s * y * mp.exp(-eta) - mp.loggamma(s)


def beta(y, s, eta):
    a = s / (1 + mp.exp(-eta))
    b = s - a
    return mp.loggamma(s) - mp.loggamma(a) - mp.loggamma(b) + (a - 1) * mp.log(y) + (b - 1) * mp.log1p(-y)


def ordinal_probit(t0, width):
    """log P and its derivatives by eta at 0."""
    mp.mp.dps = 1500
    t0, t1 = mp.mpf(t0), mp.mpf(t0) + mp.mpf(width)
    f = lambda e: mp.log((mp.erfc((t0 - e) / mp.sqrt(2)) - mp.erfc((t1 - e) / mp.sqrt(2))) / 2)
    values = [f(0)] + [mp.diff(f, 0, n) for n in (1, 2, 3)]
    mp.mp.dps = 120
    return values


def table(f, points):
    rows = []
    for point in points:
        value = f(*[mp.mpf(x) for x in point])
        rows.append({"at": list(point), "value": [number(v) for v in (value if isinstance(value, list) else [value])]})
    return rows


print(
    json.dumps(
        {
            "normalUpperTail": table(normal_upper, [(t,) for t in (-37, -8, -1, 0, 0.3, 3, 8, 11.75, 12.25, 40, 1e6)]),
            "gumbelLowerTail": table(gumbel_lower, [(t,) for t in (-40, -12, -3, -2.25, 0, 2, 5)]),
            "nbinom2": table(nbinom2, [(1e6, 1e8, 13.8), (1e6, 0.5, 13.8), (3, 1e8, -40), (3, 1e-3, 40), (40, 2.5, 3)]),
            "nbinom1": table(nbinom1, [(1e6, 1e-8, 13.8), (1e6, 200, 13.8), (3, 1, -40), (3, 1e-3, 7), (40, 2.5, 3)]),
            "Gamma": table(gamma, [(2.7, 1e8, 1), (2.7, 1e-3, 1), (1e-9, 2, -40), (3, 2, 0.5)]),
            "beta": table(beta, [(0.7, 1e8, 0.8473), (0.7, 0.01, 0.5), (0.7, 3, -40), (0.7, 3, 40), (0.2, 5, 0.1)]),
            "ordinalProbit": table(ordinal_probit, [(38, 1e-6), (-30, 0.5), (5, 20), (-0.25, 1e-9), (20, 0.625), (-2, 3)]),
        },
        indent=1,
    )
)
