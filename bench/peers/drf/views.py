"""The list of articles in three variants: offset, cursor, and offset from Django's page cache."""

from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import cache_page
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.pagination import CursorPagination, LimitOffsetPagination

from bench.peers.drf.models import Article

CACHE_SECONDS = 600


class SourceSerializer(serializers.Serializer):
    name = serializers.CharField(source="source_name")
    url = serializers.URLField(source="source_url")


class ImageSerializer(serializers.Serializer):
    url = serializers.URLField(source="image_url")
    alt = serializers.CharField(source="image_alt")
    credit = serializers.CharField(source="image_credit")


class ArticleSerializer(serializers.ModelSerializer):
    url = serializers.SerializerMethodField()
    source = SourceSerializer(source="*")
    image = ImageSerializer(source="*")
    tags = serializers.SlugRelatedField("tag", many=True, read_only=True)

    class Meta:
        model = Article
        fields = (
            "id slug title lead language url published_at published_at_precision source image "
            "tags reading_minutes updated_at version"
        ).split()

    def get_url(self, article):
        return f"http://127.0.0.1:8000/v1/articles/{article.slug}"


class Pages(LimitOffsetPagination):
    default_limit = 20
    max_limit = 100


class Cursors(CursorPagination):
    page_size = 20
    ordering = ("-published_at", "-id")


class ArticleList(ListAPIView):
    serializer_class = ArticleSerializer
    pagination_class = Pages

    def get_queryset(self):
        public = Article.objects.filter(state="published", published_at__lte=timezone.now())
        return public.prefetch_related("tags")


class ArticleListByCursor(ArticleList):
    pagination_class = Cursors


urlpatterns = [
    path("articles", ArticleList.as_view()),
    path("articles/by-cursor", ArticleListByCursor.as_view()),
    path("articles/cached", cache_page(CACHE_SECONDS)(ArticleList.as_view())),
]
