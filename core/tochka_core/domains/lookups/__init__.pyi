from .name_servers import NameServers as NameServers
from .website import Website as Website
