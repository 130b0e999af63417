"""A Django project in one file; MODE chooses the behavior."""

import os
import sys

from django.conf import settings

MODE = os.environ.get("MODE", "hello")
settings.configure(
    DEBUG=bool(os.environ.get("DEBUG")), SECRET_KEY="none", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"],
    LOGGING_CONFIG=None, USE_TZ=False,
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware",
                "django.middleware.csrf.CsrfViewMiddleware", "django.middleware.clickjacking.XFrameOptionsMiddleware"])

from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.urls import path, re_path


def page(request):
    if MODE == "moved":
        return HttpResponsePermanentRedirect("https://www.example/")
    if MODE == "login":
        return HttpResponse("log in", status=401, headers={"WWW-Authenticate": "Basic"})
    if MODE == "json":
        return JsonResponse({"ok": True})
    return HttpResponse("<html><body>hello</body></html>")


urlpatterns = [re_path(".*", page) if MODE in ("moved", "login") else path("", page)]
if MODE == "json":

    def handler404(request, exception):
        return JsonResponse({"error": "no such thing"}, status=404)


app = application = get_wsgi_application()
if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
