"""`python -m placeprint`"""

from placeprint.cli import main

main()
