"""Annotation files of challenges and data sets (iMaterialist, COCO), and the table of a Sosie download."""
