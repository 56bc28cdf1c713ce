"""Django models of the archive's existing tables."""

from django.db import models


class Article(models.Model):
    slug = models.SlugField(max_length=120, unique=True)
    title = models.CharField(max_length=300)
    lead = models.CharField(max_length=1000)
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=24)
    published_at = models.DateTimeField()
    published_at_precision = models.CharField(max_length=24)
    source_name = models.CharField(max_length=120)
    source_url = models.URLField(null=True)
    image_url = models.URLField(null=True)
    image_alt = models.CharField(max_length=300, null=True)
    image_credit = models.CharField(max_length=300, null=True)
    reading_minutes = models.IntegerField()
    updated_at = models.DateTimeField()
    version = models.IntegerField()

    class Meta:
        managed = False
        db_table = "articles"
        ordering = ["-published_at", "-id"]


class Tag(models.Model):
    pk = models.CompositePrimaryKey("article_id", "tag")
    article = models.ForeignKey(Article, models.CASCADE, related_name="tags")
    tag = models.CharField(max_length=60)

    class Meta:
        managed = False
        db_table = "article_tags"
        ordering = ["tag"]
