"""Asking a web server for a file, and what can go wrong before its answer begins."""

import re
import ssl
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests import exceptions
from requests.adapters import HTTPAdapter

from stages.sources.outcome import Failed, Refused
from stages.sources.pace import POOLS
from stages.text import one_line

_UNUSABLE_ADDRESS = (exceptions.InvalidURL, exceptions.InvalidSchema, exceptions.MissingSchema)
_UNUSABLE_ADDRESS += (urllib3.exceptions.LocationValueError,)
_MOST_REDIRECTS = 10


class _Adapter(HTTPAdapter):
    """Connections that can be hung up, and redirects without what comes with them.

    requests would read the whole body of a redirect into memory, however long it is.
    """

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **named: Any) -> urllib3.ProxyManager:
        manager = super().proxy_manager_for(proxy, **named)
        if not proxy.lower().startswith("socks"):  # Those have connections of their own.
            manager.pool_classes_by_scheme = POOLS
        return manager

    def build_response(self, request: requests.PreparedRequest, answer: Any) -> requests.Response:
        response = super().build_response(request, answer)
        if response.is_redirect:
            answer.close()
        return response


def new_session() -> requests.Session:
    """A session for one thread; every request of it needs a :class:`stages.sources.pace.Pace` around it."""
    session = requests.Session()
    session.max_redirects = _MOST_REDIRECTS
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter())
    return session


def ask(session: requests.Session, url: str, headers: dict[str, str], timeout: float) -> requests.Response:
    """Send a request, follow redirects, and return the answer once its header has come.

    Args:
        timeout: seconds without a byte after which the try has failed.

    Raises:
        Refused: the address, what it redirects to, or the proxy in the environment cannot be asked.
        Failed: no connection, or no answer that is HTTP.
    """
    try:
        return session.get(url, headers=headers, stream=True, timeout=timeout)
    except exceptions.TooManyRedirects:
        raise Refused(f"{shown(url)} redirects in a circle") from None
    except _UNUSABLE_ADDRESS as error:
        raise Refused(_unusable(url, error)) from None
    except exceptions.Timeout as error:
        raise Failed(_silence(error, url, timeout), server_down=True) from None
    except exceptions.RequestException as error:
        raise _unanswered(error, url) from None
    except urllib3.exceptions.HTTPError as error:
        raise Failed(f"no valid HTTP answer ({one_line(_root(error))})") from None
    # From a redirect to something that is no address, or a bundle of certificates that isn't there.
    except (ValueError, OSError) as error:
        raise Refused(_unusable(url, error)) from None


def shown(text: str) -> str:
    """An address, or a text with addresses, as messages show it: without the user and password that it may hold."""
    return re.sub(r"(?<=//)[^/\s]*@", "", text)


def _unusable(url: str, error: Exception) -> str:
    """That nobody can be asked for ``url``: it, what it redirects to, or a proxy in the environment is no address."""
    return f"cannot ask {shown(url)}: {one_line(shown(str(error))).rstrip('.')}"


def _silence(error: exceptions.Timeout, url: str, timeout: float) -> str:
    if isinstance(error, exceptions.ConnectTimeout):
        return f"no connection to {_host(error, url)} within {timeout:g} s"
    return f"nothing received for {timeout:g} s"


def _unanswered(error: exceptions.RequestException, url: str) -> Failed:
    root = _root(error)
    if isinstance(error, exceptions.ProxyError):
        return Failed(f"no connection through the proxy ({_why(root)})", server_down=True)
    if isinstance(error, exceptions.SSLError):
        return Failed(f"no secure connection to {_host(error, url)} ({_why(root)})", server_down=True)
    inner = error.args[0] if error.args else None
    if not isinstance(inner, urllib3.exceptions.MaxRetryError):
        # There was a connection: it was cut off, or what came on it is no HTTP.
        cut = isinstance(root, OSError)
        return Failed("the connection was cut off" if cut else f"no valid HTTP answer ({one_line(root)})")
    return Failed(f"no connection to {_host(error, url)} ({_why(root)})", server_down=True)


def _host(error: exceptions.RequestException, url: str) -> str:
    asked = error.request.url if error.request is not None else url  # After a redirect, it is another one.
    return urlsplit(asked).netloc.rpartition("@")[2]


def _root(error: BaseException) -> BaseException:
    """The error at the bottom, which says what happened; those above it say where."""
    while True:
        within = [getattr(error, "reason", None), *error.args[::-1], error.__cause__]
        inner = next((one for one in within if isinstance(one, BaseException)), None)
        if inner is None:
            return error
        error = inner


def _why(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate: {error.verify_message}"
    return one_line(getattr(error, "strerror", None) or error)
