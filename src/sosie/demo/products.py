"""The products of the demo: their data in the shop, and their drawings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from PIL import Image

from sosie.demo import home, packages, play, wear
from sosie.demo.canvas import Canvas, Pose
from sosie.demo.paint import PALETTE
from sosie.demo.prints import ProductDesign

Drawing: TypeAlias = Callable[[Canvas, ProductDesign], None]

_DRAWINGS: Mapping[str, Drawing] = {
    "Backpacks": wear.backpack,
    "Balls": play.ball,
    "Bananas": play.banana,
    "Board games": play.board_game,
    "Books": play.book,
    "Caps": wear.cap,
    "Cereals": packages.cereal,
    "Chairs": home.chair,
    "Chocolate": packages.chocolate,
    "Clocks": home.clock,
    "Coffee": packages.coffee,
    "Cushions": home.cushion,
    "Drinks": packages.can,
    "Handbags": wear.handbag,
    "Headphones": play.headphones,
    "Jam": packages.jar,
    "Juice": packages.juice,
    "Lamps": home.lamp,
    "Mugs": home.mug,
    "Oil": packages.oil,
    "Plants": home.plant,
    "Plates": home.plate,
    "Shampoo": packages.shampoo,
    "Shirts": wear.shirt,
    "Shoes": wear.sneaker,
    "Speakers": play.speaker,
    "Sunglasses": wear.sunglasses,
    "Tea": packages.carton,
    "Toothpaste": packages.toothpaste,
    "Tote bags": wear.tote,
    "Toy bears": play.bear,
    "Toy ducks": play.duck,
    "Toy robots": play.robot,
    "Ukuleles": play.guitar,
    "Umbrellas": play.umbrella,
    "Vases": home.vase,
    "Watches": wear.watch,
}


@dataclass(frozen=True, slots=True)
class Product:
    """A product. ``words`` are printed on it besides the brand; ``style`` names a pattern or a motif."""

    type: str
    brand: str
    words: str
    color: str
    accent: str
    style: str
    price: float
    views: int = 1

    @property
    def title(self) -> str:
        """The name in the shop."""
        return f"{self.brand} {self.words}"

    @property
    def product_id(self) -> str:
        """The title in lower-case letters, digits and hyphens."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")

    def draw(self, pose: Pose, size: int) -> Image.Image:
        """The product alone, RGBA, ``size`` × ``size``, transparent around it."""
        canvas = Canvas(size, pose)
        main, accent = PALETTE[self.color], PALETTE[self.accent]
        _DRAWINGS[self.type](canvas, ProductDesign(main, accent, self.style, self.brand, self.words))
        return canvas.cutout()


PRODUCTS: tuple[Product, ...] = (
    Product("Tea", "Halden", "Green Tea", "green", "green", "leaf", 3.90, 3),
    Product("Tea", "Halden", "Earl Grey", "navy", "gold", "citrus", 3.90, 2),
    Product("Tea", "Halden", "Wild Berry", "purple", "red", "berries", 4.20, 2),
    Product("Tea", "Monsoon", "Masala Chai", "orange", "brown", "star", 4.80),
    Product("Cereals", "Morgen", "Oat Crunch", "yellow", "orange", "sun", 3.49, 2),
    Product("Cereals", "Morgen", "Berry Crunch", "pink", "purple", "berries", 3.49, 2),
    Product("Cereals", "Morgen", "Cocoa Crunch", "brown", "gold", "bean", 3.79, 2),
    Product("Juice", "Frutta", "Orange", "orange", "yellow", "citrus", 2.29, 2),
    Product("Juice", "Frutta", "Cherry", "red", "red", "cherry", 2.59, 2),
    Product("Juice", "Frutta", "Apple Mint", "green", "mint", "leaves", 2.29),
    Product("Drinks", "Fizz", "Lemon Soda", "yellow", "green", "citrus", 1.20),
    Product("Drinks", "Fizz", "Cherry Cola", "red", "red", "cherry", 1.20),
    Product("Drinks", "Fizz", "Alpine Water", "blue", "blue", "peak", 0.95),
    Product("Drinks", "Borealis", "Energy", "black", "teal", "rocket", 1.90),
    Product("Oil", "Oliveto", "Extra Virgin", "green", "green", "leaves", 11.50),
    Product("Oil", "Oliveto", "Lemon Oil", "yellow", "gold", "citrus", 12.90),
    Product("Shampoo", "Lind", "Sea Minerals", "teal", "blue", "wave", 6.45),
    Product("Shampoo", "Lind", "Rose Care", "pink", "red", "heart", 6.45),
    Product("Shampoo", "Lind", "Mint Fresh", "mint", "green", "leaf", 6.45),
    Product("Jam", "Verger", "Cherry Jam", "red", "red", "cherry", 4.10),
    Product("Jam", "Verger", "Blueberry Jam", "blue", "purple", "berries", 4.30),
    Product("Jam", "Verger", "Marmalade", "gold", "orange", "citrus", 4.10),
    Product("Coffee", "Kontor", "House Blend", "brown", "brown", "bean", 8.90, 2),
    Product("Coffee", "Kontor", "Espresso", "black", "brown", "bean", 9.80, 2),
    Product("Coffee", "Kontor", "Mountain Decaf", "teal", "teal", "peak", 9.40),
    Product("Chocolate", "Noir", "Dark 70 %", "black", "gold", "bean", 2.95),
    Product("Chocolate", "Noir", "Orange Milk", "orange", "orange", "citrus", 2.75),
    Product("Chocolate", "Noir", "Sea Salt", "blue", "teal", "wave", 2.95),
    Product("Toothpaste", "Lind", "Polar Mint", "teal", "mint", "peak", 2.49),
    Product("Toothpaste", "Lind", "Kids Star", "pink", "yellow", "star", 2.79),
    Product("Mugs", "Ridge", "Stripe Mug", "cream", "blue", "stripes", 12.90, 2),
    Product("Mugs", "Ridge", "Dipped Mug", "white", "teal", "dipped", 13.90, 2),
    Product("Mugs", "Ridge", "Heart Mug", "red", "white", "heart", 11.90),
    Product("Mugs", "Ridge", "Fir Mug", "green", "cream", "leaf", 11.90),
    Product("Plates", "Ridge", "Rim Plate", "white", "blue", "rim", 14.50),
    Product("Plates", "Ridge", "Petal Plate", "cream", "red", "petals", 16.50),
    Product("Plates", "Ridge", "Ring Plate", "mint", "teal", "rings", 15.50),
    Product("Lamps", "Lumo", "Globe Lamp", "cream", "teal", "ball", 59.00, 2),
    Product("Lamps", "Lumo", "Tripod Lamp", "grey", "oak", "tripod", 74.00),
    Product("Lamps", "Lumo", "Column Lamp", "navy", "gold", "stem", 69.00),
    Product("Chairs", "Arbor", "Shell Chair", "teal", "oak", "shell", 129.00),
    Product("Chairs", "Arbor", "Slat Chair", "red", "black", "slats", 99.00),
    Product("Chairs", "Arbor", "Soft Chair", "grey", "oak", "cushion", 149.00),
    Product("Plants", "Verde", "Rubber Plant", "cream", "green", "leaves", 24.90),
    Product("Plants", "Verde", "Column Cactus", "orange", "green", "cactus", 17.90),
    Product("Plants", "Verde", "Snake Plant", "blue", "green", "blades", 21.90),
    Product("Vases", "Arbor", "Slim Vase", "teal", "cream", "slim", 32.00),
    Product("Vases", "Arbor", "Belly Vase", "yellow", "white", "belly", 36.00),
    Product("Vases", "Arbor", "Wave Vase", "white", "blue", "wave", 38.00),
    Product("Clocks", "Lumo", "Wall Clock", "red", "red", "all", 34.00),
    Product("Clocks", "Lumo", "Quiet Clock", "oak", "navy", "quarters", 39.00),
    Product("Cushions", "Linnea", "Check Cushion", "cream", "red", "check", 22.00),
    Product("Cushions", "Linnea", "Stripe Cushion", "blue", "white", "stripes", 22.00),
    Product("Cushions", "Linnea", "Sun Cushion", "teal", "yellow", "sun", 24.00),
    Product("Shoes", "Strada", "Runner Red", "red", "white", "stripes", 89.00, 2),
    Product("Shoes", "Strada", "Runner Blue", "blue", "yellow", "stripes", 89.00, 2),
    Product("Shoes", "Strada", "Court Classic", "white", "green", "panel", 79.00),
    Product("Shoes", "Strada", "Star Low", "black", "gold", "star", 84.00),
    Product("Shirts", "Kita", "Breton Shirt", "white", "navy", "stripes", 29.00, 2),
    Product("Shirts", "Kita", "Rocket Shirt", "yellow", "red", "rocket", 25.00),
    Product("Shirts", "Kita", "Peak Shirt", "green", "cream", "peak", 25.00),
    Product("Shirts", "Kita", "Good Day", "pink", "navy", "words", 27.00),
    Product("Handbags", "Carla", "City Bag", "red", "gold", "clasp", 119.00, 2),
    Product("Handbags", "Carla", "Travel Bag", "brown", "silver", "clasp", 139.00),
    Product("Tote bags", "Kita", "Sun Tote", "cream", "orange", "sun", 14.00),
    Product("Tote bags", "Kita", "Wave Tote", "navy", "mint", "wave", 14.00),
    Product("Backpacks", "Nordic", "Day Pack", "yellow", "grey", "pocket", 64.00),
    Product("Backpacks", "Nordic", "School Pack", "purple", "pink", "pocket", 54.00),
    Product("Watches", "Orel", "Field Watch", "brown", "silver", "round", 149.00),
    Product("Watches", "Orel", "Night Watch", "black", "gold", "dark", 189.00),
    Product("Watches", "Orel", "Square Watch", "red", "silver", "square", 159.00),
    Product("Caps", "Nordic", "Peak Cap", "navy", "red", "peak", 19.00),
    Product("Caps", "Nordic", "Star Cap", "mint", "purple", "star", 19.00),
    Product("Sunglasses", "Carla", "Riva", "black", "teal", "round", 69.00),
    Product("Sunglasses", "Carla", "Lido", "red", "brown", "square", 74.00),
    Product("Balls", "Gooal", "Match Ball", "white", "black", "patches", 29.00),
    Product("Balls", "Gooal", "Street Ball", "orange", "black", "seams", 24.00),
    Product("Balls", "Gooal", "Beach Ball", "white", "blue", "gores", 9.00),
    Product("Books", "Papier", "The Long Wave", "blue", "teal", "wave", 18.00, 2),
    Product("Books", "Papier", "Above the Peaks", "red", "navy", "peak", 19.50, 2),
    Product("Books", "Papier", "First Rocket", "yellow", "red", "rocket", 16.00),
    Product("Headphones", "Tonwerk", "Studio", "black", "orange", "cups", 119.00),
    Product("Headphones", "Tonwerk", "Junior", "pink", "mint", "cups", 49.00),
    Product("Speakers", "Tonwerk", "Duo", "oak", "black", "two", 199.00, 2),
    Product("Speakers", "Tonwerk", "Mono", "teal", "grey", "one", 129.00, 2),
    Product("Toy ducks", "Quax", "Captain", "yellow", "red", "scarf", 5.90),
    Product("Toy ducks", "Quax", "Star Duck", "blue", "yellow", "star", 5.90),
    Product("Toy robots", "Volta", "Robot One", "silver", "red", "heart", 27.00, 2),
    Product("Toy robots", "Volta", "Robot Two", "green", "yellow", "star", 27.00),
    Product("Toy bears", "Quax", "Bruno", "brown", "red", "bow", 23.00),
    Product("Toy bears", "Quax", "Perla", "grey", "teal", "bow", 23.00),
    Product("Board games", "Gambit", "Rings of Orel", "purple", "gold", "rings", 35.00, 2),
    Product("Board games", "Gambit", "Rocket Race", "blue", "orange", "rocket", 32.00),
    Product("Ukuleles", "Tonwerk", "Aloha", "oak", "cream", "plain", 59.00),
    Product("Ukuleles", "Tonwerk", "Lagoon", "teal", "cream", "plain", 64.00),
)
"""The products in the catalog of the demo."""

UNLISTED_PRODUCTS: tuple[Product, ...] = (
    Product("Umbrellas", "Unknown", "umbrella", "red", "cream", "", 15.00),
    Product("Bananas", "Unknown", "bananas", "yellow", "brown", "", 2.00),
)
"""Products that customers photograph but that are not in the catalog."""

VIEWS: tuple[Pose, ...] = (
    Pose(yaw=24.0, pitch=16.0),
    Pose(yaw=32.0, pitch=20.0, tilt=-5.0, mirrored=True),
    Pose(yaw=8.0, pitch=34.0, tilt=4.0, scale=0.94),
)
"""The poses of the shop's pictures: picture ``n`` of a product shows it in pose ``n``."""
