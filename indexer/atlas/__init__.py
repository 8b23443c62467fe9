"""The collection as a map: a place for every work, alike works near each other, and the pictures it is drawn with."""
