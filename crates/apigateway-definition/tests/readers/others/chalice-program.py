from chalice import Chalice
