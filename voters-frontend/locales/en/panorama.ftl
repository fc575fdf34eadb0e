panorama-title = How the vote stands
hidden-after_voting = The results appear here after you vote.
hidden-after_closing = The results appear here when voting is over.
hidden-production = The results will be shown on the show.
