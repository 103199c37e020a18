"""Search of videos by words: moments, what is in them as vectors and words, and an index of both.

```mermaid
flowchart LR
    timeline --> moments --> space --> index
    query --> space
    index --> hits
```
"""
