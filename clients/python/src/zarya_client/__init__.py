"""Client of Zarya, the archive of the International Space Station."""

from zarya_client.client import Zarya as Zarya
from zarya_client.following import CursorFile as CursorFile
from zarya_client.following import CursorStore as CursorStore
from zarya_client.following import follow as follow
from zarya_client.problems import Problem as Problem
from zarya_client.webhooks import InvalidWebhook as InvalidWebhook
from zarya_client.webhooks import verify_webhook as verify_webhook
